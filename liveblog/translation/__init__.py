"""Clients of machine translation services, language detection and glossary terms. It knows no model."""
