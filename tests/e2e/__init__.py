"""The whole program on loopback, with real drivers on both sides."""

import pytest

# Before anything of it is imported: a failed comparison in a shared assertion shows both sides.
pytest.register_assert_rewrite("tests.e2e.erp", "tests.e2e.shop", "tests.e2e.world")
