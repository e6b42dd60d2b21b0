"""The kernel's bar to changing files: Landlock (linux/landlock.h), Linux 5.13 and later."""

from __future__ import annotations

import ctypes
import os

# The numbers are the same on every architecture.
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_ASK_VERSION = 1
# Writing, removing, and making of every sort; since version 2 moving and linking, since 3 truncating.
_RIGHTS = sum(1 << number for number in (1, *range(4, 13)))
_REFER, _TRUNCATE = 1 << 13, 1 << 14


def bar_changes(libc: ctypes.CDLL) -> bool:
    """Take the right to change any file from this process for good; files that are open for writing stay so.

    Gives False where the kernel does not know how. `PR_SET_NO_NEW_PRIVS` must be set before.
    """
    version = libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)
    if version < 1:
        return False
    rights = _RIGHTS | (_REFER if version >= 2 else 0) | (_TRUNCATE if version >= 3 else 0)
    handled = ctypes.c_uint64(rights)
    rules = libc.syscall(_CREATE_RULESET, ctypes.byref(handled), ctypes.c_size_t(ctypes.sizeof(handled)), 0)
    if rules < 0:
        return False
    try:
        return bool(libc.syscall(_RESTRICT_SELF, rules, 0) == 0)
    finally:
        os.close(rules)
