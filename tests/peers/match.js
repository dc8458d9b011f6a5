// SPDX-License-Identifier: MIT
// Predicates over messages and templates for answers, both plain JSON, so that a test describes a
// venue without code. README.md, "Configuration", is their reference. A predicate is a shape that
// a message must contain; a template is the answer with $names in it.
'use strict';

const PREDICATES = {
    $any: (value) => value !== undefined,
    $absent: (value) => value === undefined,
    $re: (value, pattern) => typeof value === 'string' && new RegExp(pattern).test(value),
    $in: (value, list) => list.some((candidate) => matches(candidate, value)),
    $type: (value, name) => typeName(value) === name,
    $has: (value, shape) =>
        Array.isArray(value) && value.some((element) => matches(shape, element)),
};

function typeName(value) {
    if (value === null) {
        return 'null';
    }
    return Array.isArray(value) ? 'array' : typeof value;
}

function own(object, key) {
    return Object.prototype.hasOwnProperty.call(object, key) ? object[key] : undefined;
}

function matches(shape, value) {
    if (shape === null || typeof shape !== 'object') {
        return shape === value;
    }
    if (Array.isArray(shape)) {
        return (
            Array.isArray(value) &&
            shape.length === value.length &&
            shape.every((element, i) => matches(element, value[i]))
        );
    }
    const keys = Object.keys(shape);
    if (keys.length === 1 && own(PREDICATES, keys[0])) {
        return PREDICATES[keys[0]](value, shape[keys[0]]);
    }
    return (
        typeName(value) === 'object' && keys.every((key) => matches(shape[key], own(value, key)))
    );
}

// The value at a dotted path, undefined where there is none.
function at(value, path) {
    let here = value;
    for (const step of path.split('.')) {
        if (here === null || typeof here !== 'object') {
            return undefined;
        }
        here = own(here, step);
    }
    return here;
}

// Channels may have dots of their own (as in $active.book.10), so the rest of the name is tried
// whole first.
function lookUp(name, scope) {
    const [head, ...rest] = name.split('.');
    const value = own(scope, head);
    if (rest.length === 0 || value === undefined) {
        return value;
    }
    if (head === 'active') {
        const channel = scope.active.find((entry) => entry.channel === rest.join('.'));
        return channel ? channel.symbols : [];
    }
    return at(value, rest.join('.'));
}

function textOf(value) {
    return typeof value === 'string' ? value : JSON.stringify(value === undefined ? null : value);
}

function fillText(text, scope) {
    if (/^\$[a-z_]+(\.[^${}]+)?$/.test(text)) {
        return lookUp(text.slice(1), scope);
    }
    return text.replace(/\$\{([^}]+)\}/g, (_, name) => {
        const value = lookUp(name, scope);
        return Array.isArray(value) ? value.map(textOf).join(',') : textOf(value);
    });
}

// A member whose name is unknown is left out, as JSON leaves out undefined.
function fill(template, scope) {
    if (typeof template === 'string') {
        return fillText(template, scope);
    }
    if (template === null || typeof template !== 'object') {
        return template;
    }
    if (Array.isArray(template)) {
        return template.map((element) => fill(element, scope));
    }
    if (template.$for !== undefined) {
        const list = lookUp(template.$for, scope) || [];
        return list.map((it) => fill(template.$do, { ...scope, it }));
    }
    const result = {};
    for (const key of Object.keys(template)) {
        result[key] = fill(template[key], scope);
    }
    return result;
}

// The text of a message: what is not a string already is compact JSON.
function render(template, scope) {
    return textOf(fill(template, scope));
}

// The members of `over` replace those of `base`; sections (objects on both sides) do so member by
// member. It goes no deeper: a predicate or an answer that is half of one dialect and half of
// another means nothing.
function merge(base, over) {
    const result = { ...base };
    for (const key of Object.keys(over)) {
        const areSections = typeName(base[key]) === 'object' && typeName(over[key]) === 'object';
        result[key] = areSections ? { ...base[key], ...over[key] } : over[key];
    }
    return result;
}

module.exports = { at, matches, merge, render };
