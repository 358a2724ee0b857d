"""NeighborMAE for scripts/torch-peer: pairs of images, padded to the longest that the mask ratios allow."""
import torch
import torch.nn.functional as F
from common import IMAGES, Autoencoder


# Footprints and boxes are (..., left, top, right, bottom), y upwards.

def shared_frame(footprints):
    """(B, 2, 4) map units → (B, 2, 4) in the [0, 32]² frame that the two of a pair span together."""
    x, y = footprints[..., 0::2], footprints[..., 1::2]
    low_x, low_y = x.amin((1, 2), keepdim=True), y.amin((1, 2), keepdim=True)
    x = (x - low_x) * (32 / (x.amax((1, 2), keepdim=True) - low_x))
    y = (y - low_y) * (32 / (y.amax((1, 2), keepdim=True) - low_y))
    return torch.stack([x[..., 0], y[..., 0], x[..., 1], y[..., 1]], -1)


def intersection_over_union(boxes):
    """(B, 2, 4) → (B)"""
    a, b = boxes.unbind(1)
    overlap_x = (torch.minimum(a[:, 2], b[:, 2]) - torch.maximum(a[:, 0], b[:, 0])).clamp(min=0)
    overlap_y = (torch.minimum(a[:, 1], b[:, 1]) - torch.maximum(a[:, 3], b[:, 3])).clamp(min=0)
    overlap = overlap_x * overlap_y
    area_a, area_b = ((box[:, 2] - box[:, 0]) * (box[:, 1] - box[:, 3]) for box in (a, b))
    return overlap / (area_a + area_b - overlap)


def taken(x, index):
    """x (B, 2, n, …), index (B, 2, m) → (B, 2, m, …)"""
    return x.gather(2, index[..., None].expand(*index.shape, x.shape[-1]))


class NeighborMAE(Autoencoder):
    def __init__(self, model):
        super().__init__(model)
        centres = torch.linspace(-1 + 1 / model.image_side, 1 - 1 / model.image_side, model.image_side)
        y, x = torch.meshgrid(centres, centres, indexing="ij")
        self.register_buffer("pixel_centres", torch.stack([x, y], -1), persistent=False)

    def forward(self, image, boxes, order):
        """image (B, 2, C, H, W), boxes (B, 2, 4), order (B, 2, L) → the weighted loss"""
        m = self.m
        ratio = m.mask_ratio_min + intersection_over_union(boxes) * (m.mask_ratio_max - m.mask_ratio_min)
        visible_count = ((1 - ratio) * m.patches).round().long()
        # (B, 2, L), in the order of the permutation
        is_visible = (torch.arange(m.patches) < visible_count[:, None, None]).expand(-1, IMAGES, -1)
        patches = self.patches(image)
        encoded = self.encode(patches, boxes, order[..., :m.most_visible], is_visible[..., :m.most_visible])
        predicted, restore = self.decode(encoded, boxes, order, is_visible)
        visible = is_visible.gather(2, restore)[..., None].expand(-1, -1, -1, m.patch_side ** 2)
        return self.loss(image, patches, boxes, self.pixels(taken(predicted, restore)), self.pixels(visible))

    def encode(self, patches, boxes, kept, is_visible):
        batch = len(boxes)
        place = self.positions(boxes, self.m.width) + self.img_embed[:, :, None]
        tokens = self.patch_embed(taken(patches, kept)) + taken(place, kept)
        x = torch.cat([self.cls_token.expand(batch, -1, -1), tokens.flatten(1, 2)], 1)
        mask = F.pad(is_visible.flatten(1), (1, 0), value=True)[:, None, None]
        for block in self.blocks:
            x = block(x, mask)
        return self.decoder_embed(self.norm(x))

    def decode(self, encoded, boxes, order, is_visible):
        m = self.m
        batch = len(boxes)
        tokens = encoded[:, 1:].unflatten(1, (IMAGES, m.most_visible))
        choices = torch.cat([self.mask_token[:, None].expand(batch, IMAGES, -1, -1), tokens], 2)
        tokens = taken(choices, torch.where(is_visible, torch.arange(m.patches) + 1, 0))
        place = self.positions(boxes, m.decoder_width) + self.decoder_img_embed[:, :, None]
        x = torch.cat([encoded[:, :1], (tokens + taken(place, order)).flatten(1, 2)], 1)
        for block in self.decoder_blocks:
            x = block(x)
        predicted = self.decoder_pred(self.decoder_norm(x[:, 1:]))
        return predicted.unflatten(1, (IMAGES, m.patches)), order.argsort(2)

    def loss(self, image, patches, boxes, predicted, visible):
        centre = (boxes[..., :2] + boxes[..., 2:]) / 2
        extent = (boxes[..., 2:] - boxes[..., :2]).abs()
        other_centre, other_extent = centre.flip(1), extent.flip(1)
        offset = (centre - other_centre) * 2 / other_extent * torch.tensor([1.0, -1.0])
        where = self.pixel_centres * (extent / other_extent)[:, :, None, None] + offset[:, :, None, None]

        def projected(x, mode):
            flat = F.grid_sample(x.flip(1).flatten(0, 1), where.flatten(0, 1), mode=mode, align_corners=False)
            return flat.unflatten(0, x.shape[:2])

        shown, seen = projected(image, "bilinear"), projected(visible.float(), "nearest").bool()

        def spread(per_patch):
            return self.pixels(per_patch[..., None].expand(-1, -1, -1, self.m.patch_side ** 2))

        mean, deviation = spread(patches.mean(-1)), spread((patches.var(-1) + 1e-6).sqrt())
        target, shown = (image - mean) / deviation, (shown - mean) / deviation
        error = ((predicted - target) ** 2).mean(2, keepdim=True)
        copy_error = ((shown - target) ** 2).mean(2, keepdim=True)
        weight = (copy_error / error.detach().clamp(min=1e-12)).clamp(0, 1).masked_fill(~seen, 1)
        weight = F.avg_pool2d(weight.flatten(0, 1), 9, 1, 4, count_include_pad=False).unflatten(0, seen.shape[:2])
        return (error * weight.masked_fill(visible, 0)).sum() / (~visible).sum()


def random_pairs(model, batch, seed):
    random = torch.Generator().manual_seed(seed)
    u = torch.rand(batch, IMAGES, 4, generator=random)
    left, top = u[..., 0] * 40, 100 - u[..., 1] * 40
    right, bottom = left + 60 * (0.4 + 0.6 * u[..., 2]), top - 60 * (0.4 + 0.6 * u[..., 3])
    boxes = shared_frame(torch.stack([left, top, right, bottom], -1))
    image = torch.randn(batch, IMAGES, model.channels, model.image_side, model.image_side, generator=random)
    return image, boxes, torch.rand(batch, IMAGES, model.patches, generator=random).argsort(2)
