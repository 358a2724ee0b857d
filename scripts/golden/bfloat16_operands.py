"""The oracles' linear layers and attention with operands rounded to bfloat16, as `model.arithmetic: bfloat16` has them.

Everything else is as it was. Sums of products are made in double precision and given as float32: what a sum is, not how
it is rounded on the way. Gradients are those that such a program computes, in which roundings count as the identity.

    with rounded_operands():
        loss, _ = neighbormae_oracle.batch_loss(...)

Needs: torch.
"""
from __future__ import annotations

import contextlib
import math

import neighbormae_oracle as oracle
import objectives_oracle
import torch
import torch.nn.functional as F
from torch import Tensor


def rounded(x: Tensor) -> Tensor:
    """To the nearest bfloat16, ties to even; float32 below the least normal number is zero."""
    return torch.where(x.abs() < torch.finfo(torch.float32).tiny, 0 * x, x).bfloat16().double()


def product(a: Tensor, b: Tensor) -> Tensor:
    return (rounded(a) @ rounded(b)).float()


class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x, weight, bias):
        ctx.save_for_backward(x, weight)
        return product(x, weight.T) + bias

    @staticmethod
    def backward(ctx, g):
        x, weight = ctx.saved_tensors
        return product(g, weight), product(g.T, x), g.sum(0)


class Attention(torch.autograd.Function):
    """Queries scaled before they are rounded; weights of softmax rounded before they are divided by their sum in the
    forward pass, and after it in the backward pass."""

    @staticmethod
    def forward(ctx, q, k, v):
        scale = 1 / math.sqrt(q.shape[-1])
        score = product(q * scale, k.transpose(-1, -2))
        weight = (score - score.amax(-1, keepdim=True)).exp()
        total = weight.sum(-1, keepdim=True)
        output = product(weight, v) / total
        ctx.save_for_backward(q * scale, k, v, weight / total, output)
        ctx.scale = scale
        return output

    @staticmethod
    def backward(ctx, g):
        q, k, v, weight, output = ctx.saved_tensors
        score_gradient = weight * (product(g, v.transpose(-1, -2)) - (g * output).sum(-1, keepdim=True))
        return (product(score_gradient, k) * ctx.scale, product(score_gradient.transpose(-1, -2), q),
                product(weight.transpose(-1, -2), g))


def linear(x: Tensor, p: dict[str, Tensor], prefix: str) -> Tensor:
    return Linear.apply(x, p[f"{prefix}.weight"], p[f"{prefix}.bias"])


def block(x: Tensor, p: dict[str, Tensor], prefix: str, heads: int) -> Tensor:
    tokens, width = x.shape
    qkv = linear(oracle.layer_norm(x, p, f"{prefix}.norm1"), p, f"{prefix}.attn.qkv")
    q, k, v = qkv.reshape(tokens, 3, heads, width // heads).permute(1, 2, 0, 3)
    attended = Attention.apply(q, k, v).transpose(0, 1).reshape(tokens, width)
    x = x + linear(attended, p, f"{prefix}.attn.proj")
    hidden = F.gelu(linear(oracle.layer_norm(x, p, f"{prefix}.norm2"), p, f"{prefix}.mlp.fc1"))
    return x + linear(hidden, p, f"{prefix}.mlp.fc2")


@contextlib.contextmanager
def rounded_operands():
    """Both oracles compute with these layers inside."""
    modules = (oracle, objectives_oracle)
    before = [(module, module.linear, module.block) for module in modules]
    for module in modules:
        module.linear, module.block = linear, block
    try:
        yield
    finally:
        for module, *functions in before:
            module.linear, module.block = functions
