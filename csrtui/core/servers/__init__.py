"""Server software: platforms, their files and configuration snippets, deployment plans and guides."""
