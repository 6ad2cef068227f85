"""The HTTP surface: PostHog's wire, OFREP, health and metrics, on Starlette with one raw ASGI path for checks."""
