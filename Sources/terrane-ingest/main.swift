print("terrane-ingest")
