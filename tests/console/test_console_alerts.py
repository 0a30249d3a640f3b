"""The page of what was told: its list, its filter, its pages, its search, its forms."""
