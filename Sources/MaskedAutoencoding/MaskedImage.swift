// One image of which some patches are hidden: what errors and estimates read. Not here: the memory
// that it lies in (`MaskedImages`).

import VisionTransformer

/// Addresses into `MaskedImages`; valid while these are neither refilled nor freed.
package struct MaskedImage {
  /// How it is cut into patches.
  package let grid: PatchGrid
  /// Normalised by band; 0 where nothing was measured.
  package let pixels: UnsafePointer<Float>  // (C, H, W)
  /// 1 where a pixel was measured.
  package let validity: UnsafePointer<UInt8>  // (H, W)
  /// 1 where the model sees a patch.
  package let visible: UnsafePointer<UInt8>  // (L)

  /// Nothing is checked.
  package init(
    grid: PatchGrid, pixels: UnsafePointer<Float>, validity: UnsafePointer<UInt8>,
    visible: UnsafePointer<UInt8>
  ) {
    self.grid = grid
    self.pixels = pixels
    self.validity = validity
    self.visible = visible
  }

  /// The values of one patch, ordered (row, column, channel): `patchify` of the oracle.
  func copyPatch(_ patch: Int, into values: UnsafeMutablePointer<Float>) {
    grid.copyPatch(patch, of: pixels, into: values)
  }
}
