// swift-tools-version: 6.2
// A package of somebody else's, who reads what Terrane writes. scripts/test-package runs it.
import Foundation
import PackageDescription

/// The address of a folder with repositories: Terrane's, and two that stand for other versions of
/// packages that Terrane's programs are built with.
let repositories = ProcessInfo.processInfo.environment["REPOSITORIES"] ?? ""

let package = Package(
  name: "reader",
  dependencies: [
    .package(url: repositories + "/terrane", from: "0.1.0", traits: []),
    .package(url: repositories + "/swift-argument-parser", exact: "1.7.0"),
    .package(url: repositories + "/Yams", exact: "5.0.0"),
  ],
  targets: [
    .executableTarget(
      name: "reader",
      dependencies: [
        .product(name: "NeighborMAE", package: "terrane"),
        .product(name: "Imagery", package: "terrane"),
        .product(name: "Checkpoints", package: "terrane"),
        .product(name: "swift_argument_parser", package: "swift-argument-parser"),
        .product(name: "Yams", package: "Yams"),
      ])
  ]
)
