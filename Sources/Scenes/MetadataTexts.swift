// Metadata files of products: XML (Sentinel-2) by GDAL's own parser, and the "KEY = VALUE" text of
// Landsat (ODL). What their elements mean is said elsewhere.

import CGDAL
import Foundation

/// The elements of an XML text with their attributes and values, without namespaces.
struct ProductXML {
  struct Element {
    var name: String
    var attributes: [String: String]
    var text: String
    /// Names of the elements around it, from the root.
    var parents: [String]
    /// The elements directly inside, by their numbers.
    var children: [Int]
  }

  /// In the order of the text.
  private(set) var elements: [Element] = []
  /// Elements inside one another, at most.
  private static let deepest = 64

  /// - Throws: `InputError` for what is no XML.
  init(_ text: String, path: String) throws {
    CPLErrorReset()
    guard let root = CPLParseXMLString(text) else {
      let reason = CPLGetLastErrorMsg().map { String(cString: $0) } ?? ""
      throw InputError.damagedMetadata(
        path: path, what: "it is not a whole XML text. \(reason)")
    }
    defer { CPLDestroyXMLNode(root) }
    CPLStripXMLNamespace(root, nil, 1)
    var node: UnsafeMutablePointer<CPLXMLNode>? = root
    while let current = node {
      _ = add(current, parents: [])
      node = current.pointee.psNext
    }
  }

  /// - Returns: the number of the element.
  private mutating func add(
    _ node: UnsafeMutablePointer<CPLXMLNode>, parents: [String]
  ) -> Int? {
    guard node.pointee.eType == CXT_Element, parents.count < Self.deepest else { return nil }
    let name = String(cString: node.pointee.pszValue)
    let number = elements.count
    elements.append(Element(name: name, attributes: [:], text: "", parents: parents, children: []))
    var inner = node.pointee.psChild
    while let child = inner {
      let value = String(cString: child.pointee.pszValue)
      switch child.pointee.eType {
      case CXT_Text: elements[number].text += value
      case CXT_Attribute:
        if let content = child.pointee.psChild {
          elements[number].attributes[value] = String(cString: content.pointee.pszValue)
        }
      case CXT_Element:
        if let added = add(child, parents: parents + [name]) {
          elements[number].children.append(added)
        }
      default: break
      }
      inner = child.pointee.psNext
    }
    elements[number].text = elements[number].text.trimmingCharacters(in: .whitespacesAndNewlines)
    return number
  }

  /// All elements of a name.
  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }

  /// The text of the first element of a name.
  func text(_ name: String) -> String? {
    elements.first { $0.name == name }.flatMap { $0.text.isEmpty ? nil : $0.text }
  }

  /// The text of an element that lies directly in another.
  func text(_ name: String, in element: Element) -> String? {
    element.children.map { elements[$0] }.first { $0.name == name }?.text
  }
}

/// The groups of an ODL text, as Landsat's MTL files are.
struct ProductODL {
  private var groups: [String: [String: String]] = [:]

  /// - Throws: `InputError` for a text without groups.
  init(_ text: String, path: String) throws {
    var stack: [String] = []
    for line in text.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: "=", maxSplits: 1)
        .map { $0.trimmingCharacters(in: .whitespaces) }
      guard parts.count == 2 else { continue }
      switch parts[0] {
      case "GROUP": stack.append(parts[1])
      case "END_GROUP": _ = stack.popLast()
      default:
        guard let group = stack.last else { continue }
        groups[group, default: [:]][parts[0]] = parts[1].trimmingCharacters(
          in: CharacterSet(charactersIn: "\""))
      }
    }
    if groups.isEmpty {
      throw InputError.damagedMetadata(
        path: path, what: "it is not a Landsat metadata file: no line begins with GROUP.")
    }
  }

  /// A value of the first of these groups that has it.
  func value(_ key: String, in names: [String]) -> String? {
    names.lazy.compactMap { groups[$0]?[key] }.first
  }

  /// Whether there is such a group.
  func has(_ group: String) -> Bool { groups[group] != nil }

  /// A value of whatever group; the first by the groups' names.
  func value(_ key: String) -> String? {
    groups.keys.sorted().lazy.compactMap { groups[$0]?[key] }.first
  }
}
