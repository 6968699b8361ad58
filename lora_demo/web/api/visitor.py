"""The function for clients that concerns all data of a visitor."""

from lora_demo.web.api.group import FunctionGroup


class VisitorApi(FunctionGroup):
    """The function `delete_everything`."""

    def register(self, visibility: str = "public") -> None:
        """Register the function with Gradio.

        Args:
            visibility: `api_visibility` of the function.
        """
        self._add(self.delete_everything, api_visibility=visibility)

    def delete_everything(self, visitor: str) -> dict:
        """Delete your runs, adapters, evaluations and uploads at once. Active work is ended.

        Args:
            visitor: Your secret key.

        Returns:
            The number of runs and evaluations that were deleted.
        """
        return self.services.visitor_data.delete_all(visitor)
