// Where scenes come from: servers that fail, files that are cut short, names that are odd.

import Basics
import Foundation
import Imagery
import Scenes
import TestSupport
import Testing

@Suite("Scenes from odd places") struct SceneSourceTests {
  /// Serves the working folder with ranges, prints its port, and fails: often by status 500, and by
  /// closing at once, and by closing in the middle of an answer, by the number of the request.
  private static let server = """
    import http.server, os, re, sys, threading
    count, cuts, lock = 0, 2, threading.Lock()
    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        def log_message(self, *a): pass
        def do_HEAD(self): self.answer(False)
        def do_GET(self): self.answer(True)
        def answer(self, has_body):
            global count, cuts
            with lock:
                count += 1; number = count
            path = self.path.lstrip("/")
            if not os.path.isfile(path): return self.send_error(404)
            if number % 5 == 1: return self.send_error(500)
            if number == 8:
                self.close_connection = True
                return print("closed", flush=True)
            data = open(path, "rb").read(); size = len(data)
            match = re.match(r"bytes=(\\d+)-(\\d*)", self.headers.get("Range") or "")
            if match:
                a = int(match[1]); b = min(int(match[2] or size - 1), size - 1)
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {a}-{b}/{size}")
                data = data[a:b + 1]
            else:
                self.send_response(200)
            self.send_header("Accept-Ranges", "bytes")
            self.send_header("Content-Length", str(len(data))); self.end_headers()
            if not has_body: return
            if number > 8 and cuts > 0:
                cuts -= 1
                self.wfile.write(data[:len(data) // 2]); self.wfile.flush()
                self.close_connection = True
                return print("cut", flush=True)
            self.wfile.write(data)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
    """

  @Test("A server that fails now and then gives the same pixels as the disk")
  func failingServer() throws {
    let scenes = try JudgedScenes(
      """
      t = np.tile(texture(), (1, 5, 5)).astype("uint16")
      t = (t + np.random.default_rng(3).integers(0, 99, t.shape)).astype("uint16")
      save("t.tif", t, nodata=700, options=["TILED=YES", "COMPRESS=DEFLATE"]).FlushCache()
      judge("t", "t.tif")
      """)
    try scenes.folder.write(Self.server, to: "serve.py")
    let server = try RunningProgram(
      "/bin/bash", ["-c", "cd \"$0\" && exec /usr/bin/python3 serve.py", scenes.folder.path])
    try wait(for: "the server's port", evidence: server.errors) { server.output.hasSuffix("\n") }
    let port = server.output.trimmingCharacters(in: .whitespacesAndNewlines)
    let path = "/vsicurl/http://127.0.0.1:\(port)/t.tif"
    let local = try scenes.recipe("t.tif")
    var recipe = local
    recipe.source = path
    for index in recipe.bands.indices { recipe.bands[index].raster = path }
    let reader = try SceneReader(recipe)
    try scenes.check(reader, reads: "t")
    #expect(reader.remarks.isEmpty)
    #expect(server.output.contains("closed") && server.output.contains("cut"))
    for index in recipe.bands.indices { recipe.bands[index].raster = path + "x" }
    let start = ContinuousClock.now
    let error = #expect(throws: SceneError.self) { try SceneReader(recipe) }
    #expect("\(try #require(error))".contains("404"))
    // What a server says is not there is not asked for again.
    #expect(ContinuousClock.now - start < .seconds(2))
  }

  @Test("A JPEG that was cut short is refused")
  func cutJPEG() throws {
    let scenes = try JudgedScenes(
      """
      import os
      d = save("rgb.tif", (texture(3) / 13).clip(1, 255).astype("uint8"))
      gdal.Translate("whole.jpg", d, format="JPEG", creationOptions=["WORLDFILE=YES"])
      data = open("whole.jpg", "rb").read()
      open("cut.jpg", "wb").write(data[:len(data) * 6 // 10])
      os.rename("whole.wld", "cut.wld"); os.rename("whole.jpg.aux.xml", "cut.jpg.aux.xml")
      """)
    let reader = try scenes.reader("cut.jpg")
    let error = #expect(throws: SceneError.self) { _ = try JudgedScenes.readAll(reader) }
    let text = "\(try #require(error))"
    #expect(text.hasPrefix("cannot read \(scenes.folder.file("cut.jpg")): rows 0 to 95: "))
    #expect(text.contains("Premature end of JPEG file"), "\(text)")
  }

  @Test("Names are shown on one line, and commands quote them, one output for each scene")
  func names() throws {
    _ = JudgedScenes.library
    let folder = try TemporaryFolder()
    let odd = folder.file("a\nb\u{1B}[31m.tif")
    let missing = #expect(throws: InputError.self) { try SceneInputs.recipes(for: [odd]) }
    let text = "\(try #require(missing))"
    #expect(text.contains("a\\nb\\u{1B}[31m.tif") && !text.contains("\n"), "\(text)")
    let latin = folder.file("J\u{FFFD}n.tif")
    let broken = #expect(throws: SceneError.self) {
      try SceneReader(
        SceneRecipe(
          name: "J", source: latin, bands: [BandSource(raster: latin, number: 1, name: "a")]))
    }
    #expect("\(try #require(broken))".contains("its name is not UTF-8"))
    let advice = SceneError.notBroughtToGrid(scene: "two words/rot 1.tif", reason: "x").description
    #expect(
      advice.contains(
        "`gdalwarp -overwrite -dstalpha 'two words/rot 1.tif' 'rot 1-north-up.tif'`"))
    let controlled = SceneError.palette(scene: "a\nb.tif", band: 1).description
    #expect(controlled.contains("-expand rgb $'a\\nb.tif' $'a\\nb-rgb.tif'`"), "\(controlled)")
  }
}
