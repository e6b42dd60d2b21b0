"""Forms made from the register's schemas: what an officer sees, what they send, and what is wrong with it."""
