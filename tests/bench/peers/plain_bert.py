"""The model in plain PyTorch, from its files alone: what the CUDA encoder is compared with where neither transformers nor
sentence-transformers is installed. After Devlin et al., BERT (2019), with the mean over the tokens and length 1 at the end.

    vectors = PlainBert(folder, torch, device).encode(ids)     # ids: a list of token ids each text
"""

import json
import pathlib
import struct

FLOATS = {"F16": "float16", "F32": "float32"}


def read_tensors(file: pathlib.Path, torch) -> dict:
    """Name to tensor in fp32, of a .safetensors file: 8 bytes of header length, a JSON header, the values."""
    content = file.read_bytes()
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(content[8:8 + length])
    tensors = {}
    for name, entry in header.items():
        if name == "__metadata__" or entry["dtype"] not in FLOATS:
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        values = torch.frombuffer(bytearray(content[begin:end]), dtype=getattr(torch, FLOATS[entry["dtype"]]))
        tensors[name.removeprefix("bert.")] = values.reshape(entry["shape"]).float()
    return tensors


class PlainBert:
    """fp32 throughout; the caller switches TF32 off."""

    def __init__(self, folder, torch, device: str):
        folder = pathlib.Path(folder)
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self._torch, self._device = torch, device
        self._layers = config["num_hidden_layers"]
        self._heads = config["num_attention_heads"]
        self._epsilon = config["layer_norm_eps"]
        self._tensors = {name: tensor.to(device) for name, tensor in read_tensors(folder / "model.safetensors", torch).items()}

    def encode(self, ids: list):
        """[texts, hidden], a text at a time, so that no padding takes part."""
        with self._torch.inference_mode():
            return self._torch.stack([self._encode_one(one) for one in ids]).cpu().numpy()

    def _encode_one(self, ids):
        torch, tensors = self._torch, self._tensors
        x = (tensors["embeddings.word_embeddings.weight"][torch.tensor(ids, device=self._device)]
             + tensors["embeddings.token_type_embeddings.weight"][0]
             + tensors["embeddings.position_embeddings.weight"][:len(ids)])
        x = self._norm(x, "embeddings.LayerNorm")
        for layer in range(self._layers):
            x = self._layer(x, f"encoder.layer.{layer}.")
        return torch.nn.functional.normalize(x.mean(dim=0), dim=0)

    def _layer(self, x, name: str):
        functional = self._torch.nn.functional
        tokens, hidden = x.shape
        query, key, value = (self._linear(x, f"{name}attention.self.{part}").reshape(tokens, self._heads, -1).transpose(0, 1)
                             for part in ("query", "key", "value"))
        weights = functional.softmax(query @ key.transpose(1, 2) / (hidden // self._heads) ** 0.5, dim=-1)
        seen = (weights @ value).transpose(0, 1).reshape(tokens, hidden)
        x = self._norm(x + self._linear(seen, name + "attention.output.dense"), name + "attention.output.LayerNorm")
        wide = functional.gelu(self._linear(x, name + "intermediate.dense"))
        return self._norm(x + self._linear(wide, name + "output.dense"), name + "output.LayerNorm")

    def _linear(self, x, name: str):
        return self._torch.nn.functional.linear(x, self._tensors[name + ".weight"], self._tensors[name + ".bias"])

    def _norm(self, x, name: str):
        return self._torch.nn.functional.layer_norm(x, x.shape[-1:], self._tensors[name + ".weight"],
                                                    self._tensors[name + ".bias"], self._epsilon)
