// What `terrane embed --help` teaches, beside the list of its options.

enum EmbedHelp {
  static let discussion = """
    Puts an encoder to work. Scenes are read as terrane-ingest reads them, bands
    are found by the names that the run knows, values are normalised as in the
    training, and pixels that are not valid are 0 then.

    A map has a vector for each patch. The scene is resized to the model's
    pixels, so that a patch covers the ground it covered in the training
    whatever the scene's resolution and map: metres are those of the ground, from
    north to south. Images of it overlap by half; a patch is the mean over those
    that show it, weighted by how far it lies from their borders, so that no
    border is a step in the map. With --seams cut it is taken from the one in
    which it is most central: then it is a token as the encoder gives it, and
    borders show. Tokens also hold where in its image a patch lies, early in a
    training more than later: over even ground, such as water, a lattice of half
    an image's width remains of that. Patches that are less than half valid
    are nodata. A scene may be larger than memory. A map that is cut goes on
    where it was when the same command is given again; OUT appears when it is
    whole.

    A table has a vector for each chip: those of a dataset, or scenes cut into
    chips of the training's ground size. Its columns are those of Major TOM's
    tables, and `datetime`: geopandas opens it, and so do torchgeo's
    MajorTOMEmbeddings and ClayEmbeddings.

    EXAMPLES
      A map, and a picture of it:
        terrane embed runs/mine scene.tif --map scene-features.tif \\
          --preview scene-features.png

      Small: bytes instead of floats, and patches of 160 m:
        terrane embed runs/mine scene.tif --map small.tif --int8 \\
          --patch-ground 160

      Sentinel-2 without clouds, a map for each product:
        terrane embed runs/alps S2*.SAFE --map maps --mask SCL:0,1,3,8-10

      The chips of the run's own dataset:
        terrane embed runs/mine data/mine --chips mine.parquet

      Bands that have other names in the scene, in the run's order:
        terrane embed runs/mine other.tif --bands 4,3,2 --map other-features.tif

    Bytes of --int8 become values again by sign(q) · (q / 127.5)², of vectors of
    length 1; the file says what was lost by it.
    """
}
