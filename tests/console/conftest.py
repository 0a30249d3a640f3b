from tests.app.conftest import house

__all__ = ["house"]
