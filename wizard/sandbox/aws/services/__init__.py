"""moto's services, extended: one module for each, with the backend (state) and the responses (API) of that service."""
