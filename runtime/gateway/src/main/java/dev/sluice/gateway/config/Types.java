package dev.sluice.gateway.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.lang.reflect.WildcardType;

/** What the binder needs to know about generic types. */
final class Types {
    private Types() {}

    static Class<?> raw(Type type) {
        // Not a switch: a class would be made for it at each start.
        if (type instanceof Class<?> plain) {
            return plain;
        } else if (type instanceof ParameterizedType parameterized) {
            return raw(parameterized.getRawType());
        } else if (type instanceof WildcardType wildcard) {
            return raw(wildcard.getUpperBounds()[0]);
        }
        throw new IllegalArgumentException("a configuration can't have components of type " + type);
    }

    static Type argument(Type type, int index) {
        if (type instanceof ParameterizedType parameterized) {
            return parameterized.getActualTypeArguments()[index];
        }
        throw new IllegalArgumentException("a configuration needs type arguments on " + type);
    }
}
