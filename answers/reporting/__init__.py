"""What is handed on of model answers: tables and reports."""
