"""Security headers of every answer."""

from lora_demo.web.routes import API

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=()",
}
PAGE_POLICY = "; ".join(
    [
        "default-src 'self' data: blob:",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",  # Gradio needs inline scripts
        "style-src 'self' 'unsafe-inline'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        # Hugging Face shows Spaces in a frame.
        "frame-ancestors 'self' https://huggingface.co https://*.huggingface.co https://*.hf.space",
    ]
)
"""The page loads nothing from other sites."""
FILE_POLICY = "default-src 'none'; sandbox; frame-ancestors 'none'"
"""A file that a visitor uploaded must not run as a page of this site."""


def security_headers(path: str) -> list[tuple[bytes, bytes]]:
    """Return the headers to add to an answer, as ASGI takes them.

    Args:
        path: The path of the request.
    """
    policy = FILE_POLICY if path.startswith(f"{API}/file=") else PAGE_POLICY
    headers = HEADERS | {"Content-Security-Policy": policy}
    return [(name.lower().encode(), value.encode()) for name, value in headers.items()]
