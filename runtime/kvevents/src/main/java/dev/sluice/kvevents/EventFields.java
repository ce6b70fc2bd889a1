package dev.sluice.kvevents;

import dev.sluice.core.kv.KvEvent;
import dev.sluice.core.kv.Tier;
import java.io.IOException;
import java.util.OptionalLong;

/** What an event says, whichever way it was written. */
final class EventFields {
    String type = "";
    String kind = "";
    OptionalLong group = OptionalLong.empty();
    private long[] hashes = {};
    private boolean hashed;
    private OptionalLong parent = OptionalLong.empty();
    private int[] tokens = {};
    private int blockSize;
    private String medium = "";
    private String adapter = "";
    private long adapterNumber;
    private String salt = "";
    private ExtraKeys extras = ExtraKeys.NONE;

    void read(String name, Packed in) throws IOException, Malformed {
        switch (name) {
            case "type" -> type = in.text();
            case "block_hashes" -> {
                hashes = in.hashes();
                hashed = true;
            }
            case "parent_block_hash" -> parent = in.hashOrNil();
            case "token_ids" -> tokens = in.integers();
            case "block_size" -> blockSize = (int) in.integerOrNil().orElse(0);
            case "lora_id" -> adapterNumber = in.integerOrNil().orElse(0);
            case "medium" -> medium = in.textIfAny().orElse("");
            case "lora_name" -> adapter = in.textIfAny().orElse("");
            case "cache_salt" -> salt = in.textIfAny().orElse("");
            case "extra_keys" -> extras = ExtraKeys.read(in);
            case "group_idx" -> group = in.integerOrNil();
            case "kv_cache_spec_kind" -> kind = in.textIfAny().orElse("");
            default -> in.skip();
        }
    }

    KvEvent removed() throws Malformed {
        if (!hashed) {
            throw new Malformed("a removal without hashes");
        }
        return new KvEvent.Removed(Tier.of(medium), hashes);
    }

    KvEvent stored() throws Malformed {
        boolean fits = tokens.length == 0 || (blockSize > 0 && tokens.length == (long) blockSize * hashes.length);
        if (!hashed || !fits) {
            throw new Malformed("a store whose counts don't fit");
        }
        if (adapter.isEmpty() && adapterNumber > 0) {
            // Older builds give a number only; the name is the first extra key then, if there are any.
            adapter = extras.first().orElse("#" + adapterNumber);
        }
        String own = parent.isEmpty() ? salt : "";
        return new KvEvent.Stored(
                Tier.of(medium),
                adapter,
                blockSize,
                hashes,
                parent,
                tokens,
                extras.numbers(adapter, own, hashes.length));
    }
}
