"""Check that no modules import each other in a cycle, including imports inside functions.

import-linter checks the layers, but has no contract for cycles of modules across packages.
"""

import sys
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import grimp

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def main() -> None:
    graph = grimp.build_graph("articles", "comments", "liveblog", exclude_type_checking_imports=True)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    try:
        TopologicalSorter(imports).prepare()
    except CycleError as error:
        sys.exit(f"These modules import each other: {' <- '.join(error.args[1])}")


if __name__ == "__main__":
    main()
