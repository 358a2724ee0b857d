"""MAE and SatMAE++ for scripts/torch-peer: single images, all with equally many hidden patches."""
import torch
import torch.nn.functional as F
from common import Autoencoder
from torch import nn

ALONE = 0.0, 32.0, 32.0, 0.0  # the box of an image that is alone
BASE_SHARE = 0.6  # of SatMAE++'s loss


class MAE(Autoencoder):
    doublings = 0  # of the side, from the scale that the transformer sees to the largest

    def __init__(self, model):
        super().__init__(model)
        boxes = torch.tensor([[ALONE]])
        self.register_buffer("place", self.positions(boxes, model.width)[0], persistent=False)
        self.register_buffer("decoder_place", self.positions(boxes, model.decoder_width)[0], persistent=False)

    def forward(self, image, order):
        """image (B, C, H, W), order (B, L) → the loss"""
        return self.hidden_error(image, self.predict(self.patches(image), order), order)

    def predict(self, patches, order):
        """(B, L, p·p·C), of all patches from those that `order` puts first"""
        m = self.m
        batch, kept = len(order), order[:, :m.most_visible]
        tokens = self.patch_embed(taken(patches, kept)) + (self.place + self.img_embed[:, 0])[0][kept]
        x = torch.cat([self.cls_token.expand(batch, -1, -1), tokens], 1)
        for block in self.blocks:
            x = block(x)
        x = self.decoder_embed(self.norm(x))
        hidden = self.mask_token.expand(batch, m.patches - m.most_visible, -1)
        tokens = taken(torch.cat([x[:, 1:], hidden], 1), order.argsort(1))
        x = torch.cat([x[:, :1], tokens + self.decoder_place + self.decoder_img_embed[:, 0]], 1)
        for block in self.decoder_blocks:
            x = block(x)
        return self.decoder_pred(self.decoder_norm(x[:, 1:]))

    def hidden_error(self, image, predicted, order):
        error = ((predicted - self.target(image)) ** 2).mean(2)
        return error.gather(1, order[:, self.m.most_visible:]).mean()

    def target(self, image):
        """(B, C, S, S) → (B, L, p·p·C), each patch with mean 0 and deviation 1"""
        patches = self.patches(image)
        return (patches - patches.mean(-1, keepdim=True)) / (patches.var(-1, keepdim=True) + 1e-6).sqrt()


class ResidualBlock(nn.Module):
    def __init__(self, features):
        super().__init__()
        self.conv1 = nn.Conv2d(features, features, 3, padding=1)
        self.conv2 = nn.Conv2d(features, features, 3, padding=1)

    def forward(self, x):
        return x + 0.5 * self.conv2(F.relu(self.conv1(x)))


class Doubling(nn.Module):
    """From features of an image to those of twice the side, and the image that they show."""

    def __init__(self, features, channels):
        super().__init__()
        self.up_conv = nn.ConvTranspose2d(features, features, 4, stride=2, padding=1)
        self.up_norm = nn.LayerNorm(features, eps=1e-6)
        self.res_block = ResidualBlock(features)
        self.res_norm = nn.LayerNorm(features, eps=1e-6)
        self.proj_out = nn.Conv2d(features, channels, 3, padding=1)

    def forward(self, x):
        x = self.res_block(F.leaky_relu(by_pixel(self.up_norm, self.up_conv(x)), 0.01))
        x = by_pixel(self.res_norm, x)
        return x, self.proj_out(x)


class SatMAEpp(MAE):
    doublings = 1

    def __init__(self, model):
        super().__init__(model)
        features = 4 * model.channels
        self.proj_up_conv = nn.Conv2d(model.channels, features, 1)
        self.proj_up_norm = nn.LayerNorm(features, eps=1e-6)
        self.up_block = Doubling(features, model.channels)

    def forward(self, image, order):
        """image (B, C, 2H, 2W), order (B, L) → the loss"""
        base = F.avg_pool2d(image, 2)
        predicted = self.predict(self.patches(base), order)
        x = by_pixel(self.proj_up_norm, F.gelu(self.proj_up_conv(self.pixels(predicted))))
        _, made = self.up_block(x)
        error = (self.patches(made) - self.target(image)).abs().mean()
        return BASE_SHARE * self.hidden_error(base, predicted, order) + (1 - BASE_SHARE) * error


def by_pixel(norm, x):
    """A norm over the channels of each pixel of (B, C, S, S)."""
    return norm(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def taken(x, index):
    """x (B, n, D), index (B, m) → (B, m, D)"""
    return x.gather(1, index[..., None].expand(-1, -1, x.shape[-1]))


def random_images(model, batch, seed, doublings):
    random = torch.Generator().manual_seed(seed)
    side = model.image_side << doublings
    image = torch.randn(batch, model.channels, side, side, generator=random)
    return image, torch.rand(batch, model.patches, generator=random).argsort(1)
