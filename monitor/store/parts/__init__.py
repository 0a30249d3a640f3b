"""The parts of the store, one a subject, each method one transaction; `monitor.store.sql_store` puts them together."""
