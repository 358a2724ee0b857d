// Which bands a picture shows.

import Examination
import Imagery
import Testing

@Suite("The bands of a picture")
struct DisplayBandsTests {
  private func bands(_ names: [String], colors: [String?] = []) -> [BandDescription] {
    names.enumerated().map { place, name in
      BandDescription(
        name: name, count: 1, mean: 0, standardDeviation: 1, minimum: 0, maximum: 1,
        color: place < colors.count ? colors[place] : nil)
    }
  }

  @Test(
    "Names decide, then sensors' numbers, then places",
    arguments: [
      (["red", "green", "blue"], [0, 1, 2]),
      (["Coastal", "Blue", "Green", "Red", "Red edge 1", "NIR"], [3, 2, 1]),
      (["red edge", "blue (490 nm)", "green (560 nm)", "red (665 nm)"], [3, 2, 1]),
      (["B2", "B3", "B4", "B8"], [2, 1, 0]), (["B02", "B03", "B04", "B8A"], [2, 1, 0]),
      (["SR_B1", "SR_B2", "SR_B3", "SR_B4"], [3, 2, 1]),
      (["B2, central wavelength 490 nm", "B3, central", "B4, central"], [2, 1, 0]),
      (["VV", "VH", "angle", "DEM"], [0, 1, 2]), (["band 1", "band 2", "band 3"], [0, 1, 2]),
      (["VV", "VH"], [0]), (["DEM"], [0]),
    ])
  func found(names: [String], places: [Int]) {
    #expect(DisplayBands(of: bands(names)).places == places)
  }

  @Test("The colour interpretation counts where names say nothing")
  func interpretation() {
    let bands = bands(
      ["band 1", "band 2", "band 3", "band 4"], colors: [nil, "blue", "green", "red"])
    #expect(DisplayBands(of: bands).places == [3, 2, 1])
  }

  @Test("Wavelengths count where neither names nor colours do, and before sensors' numbers")
  func wavelengths() {
    func bands(_ wavelengths: [Double?]) -> [BandDescription] {
      wavelengths.enumerated().map { place, wavelength in
        BandDescription(
          name: "B\(place + 1)", count: 1, mean: 0, standardDeviation: 1, minimum: 0, maximum: 1,
          wavelength: wavelength)
      }
    }
    // Sentinel-2's first five: coastal, blue, green, red, red edge.
    #expect(DisplayBands(of: bands([0.443, 0.49, 0.56, 0.665, 0.705])).places == [3, 2, 1])
    #expect(DisplayBands(of: bands([0.665, nil, 0.56, 0.49])).places == [0, 2, 3])
    // No blue light: the numbers decide.
    #expect(DisplayBands(of: bands([0.86, 0.56, 0.665, 1.6])).places == [3, 2, 1])
  }

  @Test("A request names bands or counts them from 1")
  func request() throws {
    let bands = bands(["B2", "B3", "B4", "B8", "1"])
    #expect(try DisplayBands("4,3,2", of: bands).places == [3, 2, 1])
    #expect(try DisplayBands("b8, B4,B3", of: bands).places == [3, 2, 1])
    #expect(try DisplayBands("B8", of: bands).places == [3])
    // A name goes before a place.
    #expect(try DisplayBands("1", of: bands).places == [4])
    for (request, problem) in [
      (
        "B8,B4",
        "--bands takes three bands for red, green and blue or one for grey, like 4,3,2; "
          + "found 'B8,B4'"
      ),
      ("6", "--bands: the dataset has no band '6'; it has 1 B2, 2 B3, 3 B4, 4 B8, 5 1"),
      ("", "--bands: the dataset has no band ''; it has 1 B2, 2 B3, 3 B4, 4 B8, 5 1"),
    ] {
      do {
        _ = try DisplayBands(request, of: bands)
        Issue.record("\(request) was taken")
      } catch {
        #expect("\(error)" == problem)
      }
    }
  }

  @Test("The picture says which bands it shows")
  func labels() throws {
    #expect(DisplayBands(of: bands(["B2", "B3", "B4"])).label == "red, green, blue: B4, B3, B2")
    #expect(DisplayBands(of: bands(["red", "green", "blue"])).label == "bands: red, green, blue")
    #expect(DisplayBands(of: bands(["DEM"])).label == "grey: DEM")
  }
}
