package dev.sluice.simulator.events;

import java.util.List;

/**
 * Batches as bytes. The batch is an array of time, events and rank in every version. Events are maps with the key {@code type} since
 * mid-2026, positional arrays before.
 */
public final class EventEncoder {
    private final boolean maps;
    private final boolean numbers;

    /**
     * An encoder.
     *
     * @param maps whether events are maps, as in vLLM 0.32, and not arrays
     * @param numbers whether hashes are numbers, vLLM's default, and not whole digests
     */
    public EventEncoder(boolean maps, boolean numbers) {
        this.maps = maps;
        this.numbers = numbers;
    }

    /** A batch: seconds since the epoch, what happened, and the data-parallel rank. */
    public byte[] batch(double time, List<KvEvent> events, int rank) {
        var out = new MsgPack().array(3).number(time).array(events.size());
        for (var event : events) {
            switch (event) {
                case KvEvent.Stored stored -> stored(out, stored);
                case KvEvent.Removed removed -> removed(out, removed);
                case KvEvent.Cleared cleared -> head(out, "AllBlocksCleared", 0);
            }
        }
        return out.number(rank).bytes();
    }

    private void stored(MsgPack out, KvEvent.Stored event) {
        head(out, "BlockStored", 10);
        field(out, "block_hashes");
        hashes(out, event.hashes());
        field(out, "parent_block_hash");
        event.parent().ifPresentOrElse(parent -> hash(out, parent), out::nil);
        field(out, "token_ids").array(event.tokens().length);
        for (var token : event.tokens()) {
            out.number(token);
        }
        field(out, "block_size").number(event.blockSize());
        field(out, "lora_id");
        if (event.loraId() == 0) {
            out.nil();
        } else {
            out.number(event.loraId());
        }
        field(out, "medium").text(event.medium());
        field(out, "lora_name");
        if (event.loraName().isEmpty()) {
            out.nil();
        } else {
            out.text(event.loraName());
        }
        field(out, "extra_keys").array(event.extraKeys().size());
        for (var keys : event.extraKeys()) {
            if (keys.isEmpty()) {
                out.nil();
            } else {
                out.array(keys.size());
                keys.forEach(out::text);
            }
        }
        field(out, "group_idx").number(0);
        field(out, "kv_cache_spec_kind").text("full_attention");
    }

    private void removed(MsgPack out, KvEvent.Removed event) {
        head(out, "BlockRemoved", 3);
        field(out, "block_hashes");
        hashes(out, event.hashes());
        field(out, "medium").text(event.medium());
        field(out, "group_idx").number(0);
    }

    private void head(MsgPack out, String type, int fields) {
        if (maps) {
            out.map(fields + 1).text("type").text(type);
        } else {
            out.array(fields + 1).text(type);
        }
    }

    private MsgPack field(MsgPack out, String name) {
        return maps ? out.text(name) : out;
    }

    private void hashes(MsgPack out, List<byte[]> digests) {
        out.array(digests.size());
        digests.forEach(digest -> hash(out, digest));
    }

    private void hash(MsgPack out, byte[] digest) {
        if (numbers) {
            out.unsigned(BlockHasher.number(digest));
        } else {
            out.binary(digest);
        }
    }
}
