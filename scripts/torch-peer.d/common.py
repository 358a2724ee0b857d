"""What the objectives of scripts/torch-peer share: a model's extents, its transformer and its patches."""
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import nn

IMAGES = 2  # of a pair


@dataclass
class Model:
    image_side: int
    patch_side: int
    width: int
    depth: int
    heads: int
    decoder_width: int
    decoder_depth: int
    decoder_heads: int
    channels: int = 3
    mask_ratio_min: float = 0.75
    mask_ratio_max: float = 0.85

    @property
    def grid(self):
        return self.image_side // self.patch_side

    @property
    def patches(self):
        return self.grid ** 2

    @property
    def patch_values(self):
        return self.patch_side ** 2 * self.channels

    @property
    def most_visible(self):
        return round((1 - self.mask_ratio_min) * self.patches)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x, mask):
        batch, tokens, width = x.shape
        parts = self.qkv(x).view(batch, tokens, 3, self.heads, width // self.heads)
        query, key, value = parts.permute(2, 0, 3, 1, 4)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=mask)
        return self.proj(attended.transpose(1, 2).reshape(batch, tokens, width))


class Perceptron(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.fc1 = nn.Linear(width, 4 * width)
        self.fc2 = nn.Linear(4 * width, width)

    def forward(self, x):
        return self.fc2(F.gelu(self.fc1(x)))


class Block(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.norm1 = nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.norm2 = nn.LayerNorm(width, eps=1e-6)
        self.mlp = Perceptron(width)

    def forward(self, x, mask=None):
        x = x + self.attn(self.norm1(x), mask)
        return x + self.mlp(self.norm2(x))


class Autoencoder(nn.Module):
    """The tensors of all objectives, with Terrane's names."""

    def __init__(self, model):
        super().__init__()
        m = self.m = model
        self.cls_token = nn.Parameter(torch.zeros(1, 1, m.width))
        self.mask_token = nn.Parameter(torch.zeros(1, 1, m.decoder_width))
        self.img_embed = nn.Parameter(torch.zeros(1, IMAGES, m.width))
        self.decoder_img_embed = nn.Parameter(torch.zeros(1, IMAGES, m.decoder_width))
        self.patch_embed = nn.Linear(m.patch_values, m.width)
        self.blocks = nn.ModuleList(Block(m.width, m.heads) for _ in range(m.depth))
        self.norm = nn.LayerNorm(m.width, eps=1e-6)
        self.decoder_embed = nn.Linear(m.width, m.decoder_width)
        self.decoder_blocks = nn.ModuleList(
            Block(m.decoder_width, m.decoder_heads) for _ in range(m.decoder_depth))
        self.decoder_norm = nn.LayerNorm(m.decoder_width, eps=1e-6)
        self.decoder_pred = nn.Linear(m.decoder_width, m.patch_values)

    def positions(self, boxes, width):
        """Sines and cosines of each patch's left, top, right and bottom edge: (B, n, L, width)"""
        grid = self.m.grid
        share = torch.linspace(0, 1, grid + 1)
        x = boxes[..., 0:1] + (boxes[..., 2:3] - boxes[..., 0:1]) * share
        y = boxes[..., 1:2] + (boxes[..., 3:4] - boxes[..., 1:2]) * share
        along = [x[..., None, :-1], y[..., :-1, None], x[..., None, 1:], y[..., 1:, None]]
        edges = torch.stack([edge.expand(-1, -1, grid, grid) for edge in along], -1).flatten(2, 3)
        phase = edges[..., None] * 10000.0 ** -torch.linspace(0, 1, width // 8)
        return torch.cat([phase.sin(), phase.cos()], -1).flatten(3)

    def patches(self, image):
        """(…, C, S, S) → (…, L, p·p·C), values ordered (row, column, channel); p is S over the grid's side"""
        g = self.m.grid
        x = image.unflatten(-1, (g, -1)).unflatten(-3, (g, -1))
        return x.movedim(-5, -1).transpose(-4, -3).flatten(-3).flatten(-3, -2)

    def pixels(self, patches):
        """(…, L, p·p·n) → (…, n, H, W)"""
        g, p = self.m.grid, self.m.patch_side
        x = patches.unflatten(-1, (p, p, -1)).unflatten(-4, (g, g))
        return x.transpose(-4, -3).movedim(-1, -5).flatten(-2).flatten(-3, -2)
