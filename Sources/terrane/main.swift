print("terrane")
