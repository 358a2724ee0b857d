// Scenes that are virtual rasters: immense ones, ones with holes, and ones that lead to no file.

import Basics
import Foundation
import Imagery
import TestSupport
import Testing

@Suite("Virtual rasters as scenes") struct VirtualRasterTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func ingest(_ scenes: [String], _ options: [String] = []) throws -> Outcome {
    try run(
      Repository.ingest,
      [folder.file("out")] + scenes.map(folder.file) + ["--overwrite", "--holdout", "0"] + options)
  }

  /// A raster of one band of which only what its sources hold is there.
  /// - Parameters:
  ///   - sources: names, each with the column and the row where its 256 by 256 pixels lie.
  ///   - band: what stands in the band besides.
  private func write(
    _ name: String, side: Int, _ sources: [(String, column: Int, row: Int)], band: String = ""
  ) throws {
    let texts = sources.map { source in
      """
      <SimpleSource><SourceFilename relativeToVRT="1">\(source.0)</SourceFilename>
      <SourceBand>1</SourceBand>
      <SourceProperties RasterXSize="256" RasterYSize="256" DataType="UInt16"
        BlockXSize="256" BlockYSize="8"/>
      <SrcRect xOff="0" yOff="0" xSize="256" ySize="256"/>
      <DstRect xOff="\(source.column)" yOff="\(source.row)" xSize="256" ySize="256"/>
      </SimpleSource>
      """
    }
    try folder.write(
      """
      <VRTDataset rasterXSize="\(side)" rasterYSize="\(side)"><SRS>EPSG:32633</SRS>
      <GeoTransform>500000, 0.01, 0, 5002560, 0, -0.01</GeoTransform>
      <VRTRasterBand dataType="UInt16" band="1">\(band)\(texts.joined())</VRTRasterBand>
      </VRTDataset>
      """, to: name)
  }

  private func makeSource() throws {
    try MadeRasters.make(in: folder, "save('t.tif', texture(1).astype('uint16'))")
  }

  /// At a billion pixels a second, reading all of it would take more than an hour.
  @Test("What no source of an immense raster reaches is not read", .timeLimit(.minutes(5)))
  func immense() throws {
    try makeSource()
    let side = 2_000_000
    let along = (side - 256 + 191) / 192 + 1
    let source = ("t.tif", column: 1_000_000, row: 1_200_000)
    try write("declared.vrt", side: side, [source], band: "<NoDataValue>0</NoDataValue>")
    try write("silent.vrt", side: side, [source])
    for (name, isDeclared) in [("declared.vrt", true), ("silent.vrt", false)] {
      let outcome = try ingest([name], ["--max-nodata", "0.9"])
      try #require(outcome.status == 0, "\(outcome.errors)")
      let summary = try Dataset(folder: folder.file("out")).description.summary
      #expect(summary.windows == along * along)
      let dropped = isDeclared ? summary.droppedForNodata : summary.droppedAsConstant
      // The source lies under 2 windows a side, or 3.
      #expect((4...9).contains(summary.windows - dropped), "\(name)")
    }
  }

  @Test("A lane that is skipped counts as one that is read", arguments: [nil, "0"])
  func skippedLane(nodata: String?) throws {
    try makeSource()
    let band = nodata.map { "<NoDataValue>\($0)</NoDataValue>" } ?? ""
    try write("virtual.vrt", side: 4096, [("t.tif", column: 64, row: 64)], band: band)
    // The same pixels in a format of which GDAL does not know what is written.
    try MadeRasters.make(in: folder, "gdal.Translate('virtual.img', 'virtual.vrt', format='ENVI')")
    var summaries: [IngestSummary] = []
    var notes: [[String]] = []
    for name in ["virtual.vrt", "virtual.img"] {
      let outcome = try ingest([name], ["--max-nodata", "0.9", "--chip-side", "64"])
      try #require(outcome.status == 0, "\(outcome.errors)")
      let description = try Dataset(folder: folder.file("out")).description
      var summary = description.summary
      summary.bytesIn = 0
      summary.bytesOut = 0
      summaries.append(summary)
      notes.append(
        description.notes.filter { !$0.contains("none of its sources") }
          .map { $0.replacing(".vrt", with: ".img") })
    }
    #expect(summaries[0] == summaries[1])
    #expect(notes[0] == notes[1])
  }

  @Test("What no source reaches is said with its share, unless a nodata value hides it")
  func holes() throws {
    try makeSource()
    let sources = [("t.tif", column: 0, row: 0), ("t.tif", column: 256, row: 0)]
    try write("half.vrt", side: 512, sources)
    func notes(_ options: [String]) throws -> [String] {
      let outcome = try ingest(["half.vrt"], options)
      try #require(outcome.status == 0, "\(outcome.errors)")
      return try Dataset(folder: folder.file("out")).description.notes
    }
    let said = try notes([])
    #expect(
      said.contains {
        $0 == "50 % of half.vrt are in none of its sources, and read as 0. If they are no data, "
          + "say so with --nodata 0"
      }, "\(said)")
    let hidden = try notes(["--nodata", "0"])
    #expect(hidden.allSatisfy { !$0.contains("none of its sources") }, "\(hidden)")
  }

  @Test("A pipe as a source, and as an asset of a catalogue, is refused", .timeLimit(.minutes(1)))
  func pipes() throws {
    try makeSource()
    #expect(mkfifo(folder.file("pipe.tif"), 0o600) == 0)
    try write("inner.vrt", side: 256, [("pipe.tif", column: 0, row: 0)])
    try write("outer.vrt", side: 256, [("inner.vrt", column: 0, row: 0)])
    try folder.write(
      """
      {"type": "Feature", "stac_version": "1.0.0", "id": "item", "properties": {"datetime": null},
       "geometry": null, "links": [], "assets": {"red": {"href": "./pipe.tif",
       "type": "image/tiff; application=geotiff", "roles": ["data"]}}}
      """, to: "item.json")
    for name in ["inner.vrt", "outer.vrt", "item.json"] {
      let outcome = try ingest([name])
      #expect(outcome.status == 1, "\(name)")
      #expect(
        outcome.errors.contains("\(folder.file("pipe.tif"))")
          && outcome.errors.contains("it is a pipe, a socket or a device, and no file"),
        "\(outcome.errors)")
    }
  }

  @Test("One band by two names is refused")
  func bandTwice() throws {
    try MadeRasters.make(
      in: folder,
      """
      save('two.tif', texture(2).astype('uint16'))
      two = gdal.Open('two.tif', gdal.GA_Update)
      two.GetRasterBand(2).SetDescription('red')
      two = None
      """)
    let outcome = try ingest(["two.tif"], ["--bands", "red,2"])
    #expect(outcome.status == 1)
    #expect(
      outcome.errors.contains(
        "--bands names red of \(folder.file("two.tif")) twice; name each band once."),
      "\(outcome.errors)")
  }
}
