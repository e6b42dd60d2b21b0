"""Who acts: people and named system actors, their roles, and what a role permits."""
