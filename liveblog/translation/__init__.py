"""Clients of machine translation services, language detection and glossary terms. Depends on no models."""
