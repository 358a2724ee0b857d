// The words of `terrane probe --help`.

enum ProbeHelp {
  static let discussion = """
    How good are the features of a run? A probe is a small model that predicts labels from them: \
    the better the features, the better a probe. It answers in minutes what a loss cannot say. The \
    same probes on an encoder that learned nothing, and on mean and deviation of each band, stand \
    beside it: an encoder that does not beat these has learned nothing of use.

    Labels are features of a vector file (--field says what they are: points label the patch that \
    holds them, polygons those whose middles they cover) or a band of a raster (--label-band: the \
    commonest of the pixels in a patch for classes, their mean for numbers), in any coordinate \
    system. Texts are classes; numbers are classes where there are few whole ones (--task).

    The feature of a place is the token of its patch, after the encoder's last norm. A patch is as \
    large on the ground as in the training, or as --patch-ground says.

    Places are tested in spatial folds: blocks on the ground, and a gap as wide as an image \
    between places to train on and to test on. (Places at random would lie beside each other, \
    and be alike.) Hyperparameters are chosen within the folds to train on. --split names a \
    field of the labels that says train, val or test instead. Intervals come from blocks, or \
    places, that are drawn again.

    Protocols (--protocol), as their owners define them:

      torchgeo-bench  knn5: Euclidean, plain vote.
                      linear: logistic regression by L-BFGS, C of 40 values
                      chosen on val, fitted again to train and val; no
                      standardisation
      pangaea         knn200: cosine, votes of exp(cosine / 0.1), half
                      precision.
                      linear: AdamW 1e-4, 50 epochs, the state that is best on
                      val. (PANGAEA's features are means over four layers; here
                      they are as above.)
      olmoearth       knn20: cosine, votes of exp(cosine / 0.07).
                      linear: batch norm, AdamW, 50 epochs, the rate that is
                      best on val; in float64

    Numbers are predicted by ridge regression with every protocol, its strength chosen by \
    cross-validation over the folds to train on.

    Examples:

      terrane probe runs/mine --labels landcover.gpkg --field class \\
        --confusion confusion.png
      terrane probe runs/mine new/*.tif --labels fields.geojson --field crop \\
        --map crops.tif
      terrane probe runs/mine --labels worldcover.tif --picture map.png \\
        --json probe.json
      terrane probe runs/rgb scene.tif --bands 3,2,1 --labels scene.tif \\
        --label-band 5
      terrane probe runs/mine --labels plots.gpkg --field name --split part \\
        --from 3000

    The last but one asks how well bands that the encoder never saw follow from those that it did.
    """
}
