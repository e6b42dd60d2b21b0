"""What the desk calls roles, permissions and happenings; the English words are msgids."""

from __future__ import annotations

from app.accounts.events import Happening
from app.accounts.models import Role
from app.accounts.permissions import Permission

ROLES = {
    Role.VIEWER: "Viewer",
    Role.EDITOR: "Editor",
    Role.REVIEWER: "Reviewer",
    Role.ADMIN: "Administrator",
}
PERMISSIONS = {
    Permission.VIEW: "Read the register",
    Permission.EDIT: "Write drafts",
    Permission.REVIEW: "Review changes",
    Permission.PUBLISH: "Publish and withdraw",
    Permission.DELETE: "Delete records",
    Permission.SEE_SENSITIVE: "See exact sensitive places",
    Permission.WRITE_REFERENCE: "Write units and concepts",
    Permission.MANAGE_USERS: "Manage users",
}
# What the log of accounts notes beside a happening.
DETAILS = {
    "roles": "Roles",
    "name": "Name",
    "prefix": "First characters",
    "seconds": "Seconds to wait",
    "count": "Sessions",
    "format": "Format",
    "what": "What",
    "records": "Records",
    "withheld": "Withheld",
}
HAPPENINGS = {
    Happening.LOGGED_IN: "Logged in",
    Happening.LOG_IN_FAILED: "Log-in failed",
    Happening.LOCKED_OUT: "Log-in made to wait",
    Happening.UNLOCKED: "Wait lifted",
    Happening.LOGGED_OUT: "Logged out",
    Happening.SESSIONS_ENDED: "Sessions ended",
    Happening.PASSWORD_CHANGED: "Password changed",
    Happening.PROFILE_CHANGED: "Profile changed",
    Happening.INVITED: "Invited",
    Happening.LINK_MADE: "One-time link made",
    Happening.LINK_USED: "Password set by link",
    Happening.ROLES_CHANGED: "Roles changed",
    Happening.DEACTIVATED: "Deactivated",
    Happening.REACTIVATED: "Reactivated",
    Happening.TOKEN_MADE: "Token made",
    Happening.TOKEN_REVOKED: "Token revoked",
    Happening.EXPORTED: "Exported records",
}
# Of records; what is not here is shown as it is written in the history.
ACTIONS = {
    "submit": "Submitted",
    "recall": "Taken back",
    "accept": "Accepted",
    "reject": "Rejected",
    "discard": "Discarded",
    "reopen": "Reopened",
    "publish": "Published",
    "withdraw": "Withdrawn from the public",
    "delete": "Deleted",
    "undelete": "Undeleted",
    "draft": "Drafted",
    "rebase": "Draft put on the newest version",
    "comment": "Commented",
    "assign": "Assigned",
    "open": "Dossier opened",
    "change": "Changed",
    "step": "Step of a dossier",
    "take_back": "Step taken back",
    "check": "Paper of a dossier dealt with",
    "propose": "Days of rest proposed",
    "confirm": "Days of rest confirmed",
    "visitor_count": "Visitor figures entered",
}
# What has a history and is no record.
OTHER_KINDS = {"dossier": "Dossier", "regulation": "Regulation", "holidays": "Days of rest"}
