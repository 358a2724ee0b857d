// What a parameter is to its model. Not here: what follows from it for its first values or its
// decay.

/// Set by the model for each of its tensors.
public enum ParameterRole: Hashable, Sendable {
  /// The weight of a linear layer, (outputs, inputs), or of a convolution, (outputs, inputs, k, k).
  case matrix
  /// What a linear layer or a norm adds.
  case bias
  /// What a norm multiplies with.
  case norm
  /// A learnt token, or what is added to tokens.
  case token
}
