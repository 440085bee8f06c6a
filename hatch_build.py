"""Build hook: puts the browser files into the package before it is built or installed."""

import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class BrowserFiles(BuildHookInterface):  # type: ignore[type-arg]
    """Fetches the locked npm packages with the machine's Node.js, or with the one from PyPI."""

    def dependencies(self) -> list[str]:
        """What the build needs besides hatchling: Node.js, if files are missing and the machine has none."""
        assets = self.assets()
        return [] if assets.is_current() or assets.system_node() else [assets.NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:  # noqa: ARG002 - the hook's signature
        """Make `review_ui/static/vendor`, also for an editable installation."""
        self.assets().install()

    def assets(self) -> Any:
        """The module beside this file; an isolated build does not have the project's folder on its path."""
        if self.root not in sys.path:
            sys.path.insert(0, self.root)
        import assets

        return assets
