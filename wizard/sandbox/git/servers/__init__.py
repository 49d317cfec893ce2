"""Git servers that an organisation runs itself: one WSGI application for each product, with its documented API and real Git."""
