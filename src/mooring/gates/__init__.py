"""Gates: a promotion, evidence and now give pass, fail or pending. Pure: whoever asks brings the evidence."""
