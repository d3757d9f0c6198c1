"""The web page: what it says, what it draws, and how it becomes one file or a folder."""
