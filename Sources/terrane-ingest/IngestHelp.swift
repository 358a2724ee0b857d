// What `terrane-ingest --help` teaches, beside the list of its options.

enum IngestHelp {
  static let discussion = """
    Cuts every scene into square chips, finds which chips overlap or touch on
    the map, and writes them to OUT as shards of chips that lie close together,
    with statistics of the bands. A compact area is held out for evaluation; no
    chip for training touches it.

    A scene is any raster that GDAL opens: GeoTIFF, JPEG 2000, VRT, … with any
    number of bands of type Byte, UInt16, Int16 or Float32. All scenes need one
    coordinate reference system and the same bands; pixel sizes may differ.
    Nodata values, masks, alpha bands and NaN are honoured: a pixel is valid
    when every band is. What the stride leaves uncovered at the right and lower
    edge becomes chips aligned to the edge. Chips with one value in every band
    are dropped. What is suspicious in the scenes is said once, in the summary
    and in dataset.json.

    OUT appears only when it is whole; until then it is made in OUT.partial,
    which takes about twice the room of the dataset. Every scene is read once,
    and may be larger than memory. The same scenes and options give the same
    bytes, whatever the number of threads. A run that is cut goes on where it
    was when the same command is given again.

    EXAMPLES
      A folder of GeoTIFFs, with the defaults:
        terrane-ingest data/parana scenes/*.tif

      What would come of it, before the disk is filled:
        terrane-ingest data/parana scenes/*.tif --dry-run

      Small chips that only touch, small shards, nothing held out:
        terrane-ingest data/dense tiles/*.tif --chip-side 128 \\
          --stride 128 --chips-per-shard 32 --holdout 0

      More scenes for a dataset; runs that have begun keep what they began with:
        terrane-ingest data/parana new/*.tif --add

      The work on several machines that share a disk, as a job array
      (Cluster/slurm/ingest.sbatch is one for Slurm):
        terrane-ingest OUT SCENE… --stage scan --part 1/8    # …, 8/8
        terrane-ingest OUT SCENE… --stage plan
        terrane-ingest OUT SCENE… --stage write --part 1/8   # …, 8/8
        terrane-ingest OUT SCENE… --stage finish

      What came out:
        terrane inspect data/parana

    EXIT CODES
      0   the dataset is there, or the stage is done
      1   it could not be made: nothing is left behind but what the same command
          goes on from; or the dataset is there and could not be described: the
          message says which
      64  wrong usage
      129, 130, 143  stopped by SIGHUP, Ctrl-C or SIGTERM; the same command goes
          on
    """
}
