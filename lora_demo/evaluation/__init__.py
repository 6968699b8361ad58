"""Evaluation: sets, outputs, scores, significance tests, analysis and reports."""
