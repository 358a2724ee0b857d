// What `terrane-ingest --help` teaches, beside the list of its options.

enum IngestHelp {
  static let discussion = """
    Cuts every scene into square chips, finds which chips overlap or touch on
    the map, and writes them to OUT as shards of chips that lie close together,
    with statistics of the bands. A compact area is held out for evaluation; no
    chip for training touches it.

    A scene is any raster that GDAL opens, a Sentinel-2 SAFE or Landsat folder,
    a STAC item, or files of one band each that belong together; folders are
    searched. All scenes need the same bands; coordinate systems and pixel sizes
    may differ. Nodata values, masks, alpha bands and NaN are honoured. What the
    stride leaves uncovered at the right and lower edge becomes chips aligned to
    the edge. Chips with one value in every band are dropped. What is suspicious
    in the scenes is said once, in the summary and in dataset.json.

    OUT appears only when it is whole; until then it is made in OUT.partial,
    which takes about twice the room of the dataset. Every scene is read once,
    and may be larger than memory. The same scenes and options give the same
    bytes, whatever the number of threads. A run that is cut goes on where it
    was when the same command is given again.

    EXAMPLES
      A folder of GeoTIFFs, with the defaults:
        terrane-ingest data/parana scenes/*.tif

      Sentinel-2, without clouds, at 20 m:
        terrane-ingest data/alps S2*.SAFE --bands B02,B03,B04,B8A \\
          --resolution 20 --mask SCL:0,1,3,8-10

      Landsat Collection 2, a folder for each scene:
        terrane-ingest data/delta LC08_*/ --bands red,green,blue,nir \\
          --mask QA_PIXEL:bits:1,3,4

      Items of a STAC catalogue, and files in a bucket:
        terrane-ingest data/fields items.json --assets red,green,nir
        terrane-ingest data/bucket /vsis3/my-bucket/scenes/*.tif

      Photographs whose places stand in another file (scripts/fmow-footprints
      makes one for fMoW):
        terrane-ingest data/fmow --footprints images.geojson \\
          --footprint-path path --footprint-date date

      Away from what one will test on:
        terrane-ingest data/clean scenes/ --avoid labels.gpkg --distance 5km

      What would come of it, before the disk is filled:
        terrane-ingest data/parana scenes/*.tif --dry-run

      Small chips that only touch, small shards, nothing held out:
        terrane-ingest data/dense tiles/*.tif --chip-side 128 \\
          --stride 128 --chips-per-shard 32 --holdout 0

      More scenes for a dataset, which leaves those alone that it has already;
      runs that have begun keep what they began with:
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
