"""What import-linter's contracts cannot say about the house."""

from __future__ import annotations

import sys

import grimp


def test_the_domain_needs_nothing_but_python_and_the_check_digits() -> None:
    graph = grimp.build_graph("desktop", include_external_packages=True, cache_dir=None)
    domain = {"desktop.domain", *graph.find_descendants("desktop.domain")}
    imported = {name.split(".")[0] for module in domain for name in graph.find_modules_directly_imported_by(module)}
    assert imported - sys.stdlib_module_names - {"desktop"} <= {"stdnum"}
