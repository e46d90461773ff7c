namespace Bld.Registry;
