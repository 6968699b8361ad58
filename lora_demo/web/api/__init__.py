"""The functions for `gradio_client` and MCP clients, grouped as the tabs are."""
