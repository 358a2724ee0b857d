// Has scripts/write-commit write into a source file which commit is built, before each build. Not
// here: what `--version` says (Commands).

import Foundation
import PackagePlugin

@main struct BuildCommit: BuildToolPlugin {
  func createBuildCommands(context: PluginContext, target: any Target) -> [Command] {
    let package = context.package.directoryURL
    return [
      .prebuildCommand(
        displayName: "Looking up the commit",
        executable: package.appending(path: "scripts/write-commit"),
        arguments: [
          package.path(percentEncoded: false),
          context.pluginWorkDirectoryURL.path(percentEncoded: false),
        ],
        outputFilesDirectory: context.pluginWorkDirectoryURL)
    ]
  }
}
