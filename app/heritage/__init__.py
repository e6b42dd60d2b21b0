"""Immovable heritage: sites, the decisions their standing rests on, and their protection zones."""
