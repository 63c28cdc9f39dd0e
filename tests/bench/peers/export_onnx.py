"""Writes the model as ONNX (last hidden state, dynamic batch and length) with ONNX Runtime's BERT fusions.

    export_onnx.py MODEL_DIR OUT_DIR

Makes plain.onnx (what OpenVINO reads) and fused.onnx (ONNX Runtime's own transformer optimizer: attention, GELU and
layer norm as single nodes), so that each peer runs the form that is fastest for it.
"""

import pathlib
import sys

import torch
from transformers import AutoModel


def main() -> None:
    model_dir, out = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    out.mkdir(parents=True, exist_ok=True)
    model = AutoModel.from_pretrained(model_dir, attn_implementation="eager", dtype=torch.float32).eval()

    class Encoder(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids, attention_mask, token_type_ids):
            return self.model(
                input_ids=input_ids, attention_mask=attention_mask, token_type_ids=token_type_ids
            ).last_hidden_state

    ids = torch.randint(1000, 20000, (2, 16))
    inputs = (ids, torch.ones_like(ids), torch.zeros_like(ids))
    axes = {0: "batch", 1: "length"}
    torch.onnx.export(
        Encoder(), inputs, str(out / "plain.onnx"), dynamo=False, opset_version=17,
        input_names=["input_ids", "attention_mask", "token_type_ids"], output_names=["hidden"],
        dynamic_axes={n: axes for n in ("input_ids", "attention_mask", "token_type_ids", "hidden")},
    )
    from onnxruntime.transformers import optimizer

    fused = optimizer.optimize_model(str(out / "plain.onnx"), model_type="bert", num_heads=12, hidden_size=384)
    print("fused:", {k: v for k, v in fused.get_fused_operator_statistics().items() if v})
    fused.save_model_to_file(str(out / "fused.onnx"))


if __name__ == "__main__":
    main()
