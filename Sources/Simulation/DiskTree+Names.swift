// Names and folders of a simulated disk.

import Basics

#if canImport(Glibc)
  import Glibc
#endif

extension DiskTree {
  /// Where a path leads: the folder that holds its last name, and what that names.
  struct Place {
    let folder: NodeIndex
    let name: String
    let node: NodeIndex?
  }

  /// - Throws: when a folder on the way is missing or is a file.
  func locate(_ path: String, for operation: String) throws(FileError) -> Place {
    let names = Self.names(of: path)
    guard let place = try locate(names, path, for: operation) else {
      throw FileError(operation: operation, path: path, code: EBUSY)
    }
    return place
  }

  /// - Returns: nil for the root.
  private func locate(
    _ names: [String], _ path: String, for operation: String
  ) throws(FileError) -> Place? {
    guard let last = names.last else { return nil }
    var folder = Self.root
    for name in names.dropLast() {
      guard let next = folders[folder]?.entries[name] else {
        throw FileError(operation: operation, path: path, code: ENOENT)
      }
      guard folders[next] != nil else {
        throw FileError(operation: operation, path: path, code: ENOTDIR)
      }
      folder = next
    }
    return Place(folder: folder, name: last, node: folders[folder]?.entries[last])
  }

  private static func names(of path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: "/")).compactMap {
      $0.elementsEqual(".".utf8) ? nil : String(Substring($0))
    }
  }

  func existing(_ path: String, for operation: String) throws(FileError) -> NodeIndex {
    guard let place = try locate(Self.names(of: path), path, for: operation) else {
      return Self.root
    }
    guard let node = place.node else {
      throw FileError(operation: operation, path: path, code: ENOENT)
    }
    return node
  }

  func exists(_ path: String) -> Bool { (try? existing(path, for: "open")) != nil }

  func list(_ path: String) throws(FileError) -> [String] {
    try look("list", path)
    guard let folder = folders[try existing(path, for: "list")] else {
      throw FileError(operation: "list", path: path, code: ENOTDIR)
    }
    return folder.entries.keys.sorted()
  }

  mutating func createFolder(_ path: String) throws(FileError) {
    if Self.names(of: path).isEmpty { return }
    let above = Files.parent(of: path)
    if above != "." && above != "/" && !exists(path) { try createFolder(above) }
    let place = try locate(path, for: "create folder")
    if let node = place.node {
      guard folders[node] != nil else {
        throw FileError(operation: "create folder", path: path, code: EEXIST)
      }
    } else {
      try begin("create folder", path)
      let node = newNode()
      folders[node] = Folder()
      folders[place.folder]?.apply([(place.name, node)])
    }
    try synchronizeFolder(of: path)
  }

  /// Without making it durable. Within a folder it is one change, between two folders it is two.
  mutating func rename(_ source: String, to destination: String) throws(FileError) {
    try begin("rename to", destination)
    let from = try locate(source, for: "rename to")
    let to = try locate(destination, for: "rename to")
    guard let node = from.node else {
      throw FileError(operation: "rename to", path: destination, code: ENOENT)
    }
    if node == to.node { return }
    if let replaced = to.node {
      if let folder = folders[replaced] {
        guard folders[node] != nil && folder.entries.isEmpty else {
          let code = folders[node] == nil ? EISDIR : ENOTEMPTY
          throw FileError(operation: "rename to", path: destination, code: code)
        }
      } else if folders[node] != nil {
        throw FileError(operation: "rename to", path: destination, code: ENOTDIR)
      }
      unlink(replaced)
    }
    if from.folder == to.folder {
      folders[to.folder]?.apply([(from.name, nil), (to.name, node)])
    } else {
      folders[to.folder]?.apply([(to.name, node)])
      folders[from.folder]?.apply([(from.name, nil)])
    }
  }

  /// Entry by entry, so that it can fail half-way.
  mutating func remove(_ path: String) throws(FileError) {
    guard exists(path) else { return try look("remove", path) }
    let place = try locate(path, for: "remove")
    guard let node = place.node else { return }
    if let folder = folders[node] {
      for name in folder.entries.keys.sorted() { try remove(path + "/" + name) }
    }
    try begin("remove", path)
    unlink(node)
    folders[place.folder]?.apply([(place.name, nil)])
  }

  private mutating func unlink(_ node: NodeIndex) {
    guard let file = files[node] else { return }
    usedBytes -= file.content.count
    files[node]?.isLinked = false
  }

  mutating func synchronizeFolder(of path: String) throws(FileError) {
    let folder = Files.parent(of: path)
    try synchronizeFolder(try existing(folder, for: "open"), path: folder)
  }

  mutating func synchronizeFolder(_ node: NodeIndex, path: String) throws(FileError) {
    try begin("fsync", path)
    guard let entries = folders[node]?.entries else { return }
    folders[node]?.durableEntries = entries
    folders[node]?.pending = []
  }
}
