// What `terrane export` answers: what was written, and what to do with it.

import Basics

extension ExportFacts {
  /// Some lines, each but the last with a line break.
  /// - Parameter path: of the export, as it was given.
  package func answer(path: String) -> String {
    let model = encoder.model
    let step = "step \(encoder.step)" + (encoder.isAverage ? ", averaged" : "")
    var lines = [
      "wrote \(path.visible): \(step), \(HumanFormat.counted(model.channels, "band")), "
        + "\(model.imageSide) × \(model.imageSide) pixels in patches of \(model.patchSide), "
        + "tokens of \(model.width) values"
    ]
    lines.append(
      "a patch showed \(HumanFormat.significant(encoder.ground.patch)) m of ground in "
        + "training on average")
    if hasOtherSide {
      lines.append(
        "with this image side a patch shows \(HumanFormat.significant(patchMetres)) m where an "
          + "image shows as much ground as those of the training")
    }
    if !crops.areHeldOut {
      lines.append("nothing is held out: the export proves itself with chips of the training")
    }
    lines.append(
      "prove it with timm, torch and safetensors: python \((path + "/check.py").shellWord)")
    return lines.joined(separator: "\n")
  }
}
