// Imagery
