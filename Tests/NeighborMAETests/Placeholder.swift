// NeighborMAE
