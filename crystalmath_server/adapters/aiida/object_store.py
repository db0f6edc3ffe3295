"""AiiDA's repository by key, through containers that stay open; runs on the AiiDA threads.

AiiDA opens its container, and a connection to the index of packed files, for each file.
"""

import os
import threading
from collections.abc import Collection, Generator, Iterable, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, BinaryIO, Protocol
from weakref import WeakKeyDictionary


class ObjectStore(Protocol):
    """Files by their keys; each method raises FileNotFoundError for a key that does not exist."""

    def sizes(self, keys: Collection[str]) -> Mapping[str, int]:
        """The size of each file, in bytes."""
        ...

    def contents(self, keys: Collection[str]) -> Mapping[str, bytes]:
        """The content of each file."""
        ...

    @contextmanager
    def stream(self, key: str) -> Generator[tuple[BinaryIO, int]]:
        """A file, open for reading and seeking, and its size; packed files cannot tell theirs by seeking."""
        ...

    def close(self) -> None:
        """Close what is open; a later call opens it again."""
        ...


class _Disk:
    """The object store of most profiles, with an open container for each thread."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._containers: dict[int, Any] = {}

    def sizes(self, keys: Collection[str]) -> Mapping[str, int]:
        with self._container() as container:
            found = {key: meta["size"] for key, meta in container.get_objects_meta(keys)}
        return _complete(found, keys)

    def contents(self, keys: Collection[str]) -> Mapping[str, bytes]:
        with self._container() as container:
            return _complete(container.get_objects_content(list(keys)), keys)

    @contextmanager
    def stream(self, key: str) -> Generator[tuple[BinaryIO, int]]:
        size = self.sizes([key])[key]
        with self._container() as container, container.get_object_stream(key) as stream:
            yield stream, size

    def close(self) -> None:
        while self._containers:
            with suppress(KeyError):
                self._containers.popitem()[1].close()

    @contextmanager
    def _container(self) -> Generator[Any]:
        """The container of this thread.

        Ends the transaction that reading the index began, so that the next call sees what
        `verdi storage maintain` has moved.
        """
        from disk_objectstore import Container

        thread = threading.get_ident()
        container = self._containers.get(thread) or self._containers.setdefault(
            thread, Container(self._folder)
        )
        try:
            yield container
        finally:
            session = container._operation_session  # noqa: SLF001  close() would end the connection too
            if session is not None:
                session.rollback()


class _Other:
    """The repository of a profile that is an archive, through AiiDA."""

    def __init__(self, backend: Any) -> None:
        self._backend = backend

    def sizes(self, keys: Collection[str]) -> Mapping[str, int]:
        return {key: self._size(key) for key in keys}

    def contents(self, keys: Collection[str]) -> Mapping[str, bytes]:
        return {key: self._backend.get_object_content(key) for key in keys}

    @contextmanager
    def stream(self, key: str) -> Generator[tuple[BinaryIO, int]]:
        size = self._size(key)
        with self._backend.open(key) as stream:
            yield stream, size

    def close(self) -> None:
        """Nothing stays open."""

    def _size(self, key: str) -> int:
        with self._backend.open(key) as stream:
            return stream.seek(0, os.SEEK_END)


_stores: WeakKeyDictionary[Any, ObjectStore] = WeakKeyDictionary()
"""The store of each open storage, which is the profile's one in a server."""
_lock = threading.Lock()


def object_store() -> ObjectStore:
    """The store of the loaded profile."""
    from aiida.manage import get_manager

    storage: Any = get_manager().get_profile_storage()
    with _lock:
        found = _stores.get(storage)
        if found is None:
            found = _stores[storage] = _open(storage.get_repository())
    return found


def close_object_stores() -> None:
    """Close all; for before the profile is unloaded."""
    with _lock:
        stores = list(_stores.values())
        _stores.clear()
    for store in stores:
        store.close()


def _open(backend: Any) -> ObjectStore:
    from aiida.repository.backend import DiskObjectStoreRepositoryBackend

    if isinstance(backend, DiskObjectStoreRepositoryBackend):
        container = backend._container  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  no public way
        return _Disk(container.get_folder())
    return _Other(backend)


def _complete(found: Mapping[str, Any], keys: Iterable[str]) -> Any:
    for key in keys:
        if key not in found:
            raise _missing(key)
    return found


def _missing(key: str) -> FileNotFoundError:
    return FileNotFoundError(f"object {key} is missing from the repository")
